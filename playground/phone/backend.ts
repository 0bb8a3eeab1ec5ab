import { glassEasel } from 'glass-easel-miniprogram-adapter';

/** What is operated by its role, though the browser gives it no behaviour of its own. */
const operable =
  '[role="button"], [role="link"], [role="checkbox"], [role="switch"], [role="radio"], [role="tab"]';

/**
 * Draws into this document. Tags become `<wx-view>` and the like: under their own names, some would be the browser's.
 *
 * Of events, only taps come from the browser. A click is what mouse, finger, keyboard and screen reader all end in.
 */
export class PhoneBackend extends glassEasel.CurrentWindowBackendContext {
  override document = {
    createElement: (tag: string) =>
      elementOf(document.createElement(tag.startsWith('wx-') ? tag : `wx-${tag}`)),
    createTextNode: (text: string) => elementOf(document.createTextNode(text)),
    createDocumentFragment: () => elementOf(document.createDocumentFragment()),
  };

  constructor() {
    super();
    document.addEventListener('click', (event) => this.tap(event));
    document.addEventListener('keydown', (event) => press(event));
  }

  private tap(event: MouseEvent): void {
    const target = event.target as Element;
    if (target.closest('[aria-disabled="true"]')) return;
    const node = nearestComponent(target);
    if (!node) return;
    const { clientX: x, clientY: y } = event;
    glassEasel.triggerEvent(node, 'tap', { x, y }, { bubbles: true, composed: true, originalEvent: event });
  }
}

type BackendElement = ReturnType<glassEasel.CurrentWindowBackendContext['document']['createElement']>;

/** What glass-easel needs of an element, every node of the document has. */
function elementOf(node: Node): BackendElement {
  return node as unknown as BackendElement;
}

/** What glass-easel knows an element of the document by. */
export function componentOf(element: Element): glassEasel.Element | undefined {
  return (element as { __wxElement?: glassEasel.Element })['__wxElement'];
}

function nearestComponent(target: Element): glassEasel.Element | undefined {
  const component = componentOf(target);
  return component ?? (target.parentElement ? nearestComponent(target.parentElement) : undefined);
}

/** Enter and space do what a click does, as on any button. */
function press(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.repeat || (event.key !== 'Enter' && event.key !== ' ') || !target.matches(operable)) return;
  if (target instanceof HTMLButtonElement) return;
  event.preventDefault();
  target.click();
}
