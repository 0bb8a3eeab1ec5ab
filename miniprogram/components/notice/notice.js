/** Says in the middle of a page what there is instead of its content; what can be done stands in the slot. */
Component({
  properties: {
    title: String,
    text: String,
  },
});
