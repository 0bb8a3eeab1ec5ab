import { glassEasel } from 'glass-easel-miniprogram-adapter';

/** Roles of controls to which the browser gives no behaviour. */
const operable =
  '[role="button"], [role="link"], [role="checkbox"], [role="switch"], [role="radio"], [role="tab"]';

/**
 * Draws into this document. Tags become `<wx-view>` and so on, because some have the names of HTML elements.
 *
 * Of the browser's events, only clicks become taps. Mouse, finger, keyboard and screen reader all cause clicks.
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

/** Every node of the document has what glass-easel needs of an element. */
function elementOf(node: Node): BackendElement {
  return node as unknown as BackendElement;
}

/** The property by which glass-easel finds its element. */
export function componentOf(element: Element): glassEasel.Element | undefined {
  return (element as { __wxElement?: glassEasel.Element })['__wxElement'];
}

function nearestComponent(target: Element): glassEasel.Element | undefined {
  const component = componentOf(target);
  return component ?? (target.parentElement ? nearestComponent(target.parentElement) : undefined);
}

/** Enter and space click, as on any button. */
function press(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.repeat || (event.key !== 'Enter' && event.key !== ' ') || !target.matches(operable)) return;
  if (target instanceof HTMLButtonElement) return;
  event.preventDefault();
  target.click();
}
