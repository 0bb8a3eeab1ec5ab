/** A notice in the middle of a page, instead of its content. The slot holds the buttons. */
Component({
  properties: {
    title: String,
    text: String,
  },
});
