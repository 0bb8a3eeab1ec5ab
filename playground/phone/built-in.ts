import type { glassEasel } from 'glass-easel-miniprogram-adapter';
import { openModal } from './modal.js';

export type Component = glassEasel.GeneralComponent;

/** The properties of a component, or the defaults of their types. */
export type Properties = Record<string, string | number | boolean>;

/** A built-in component. */
export interface BuiltIn {
  /** Without the common properties. */
  properties?: Record<string, StringConstructor | NumberConstructor | BooleanConstructor>;
  /** Called once, when it is created. */
  create?: (element: HTMLElement, component: Component) => void;
  /** Called after the creation and after each change of a property. */
  update?: (element: HTMLElement, data: Properties) => void;
}

const common = {
  hidden: Boolean,
  hoverClass: String,
  ariaRole: String,
  ariaLabel: String,
  ariaHidden: String,
  ariaLive: String,
};

/** Roles that the keyboard must reach. */
const reachable = ['button', 'link', 'checkbox', 'switch', 'radio', 'tab'];

export function defineBuiltIn(space: glassEasel.ComponentSpace, tag: string, builtIn: BuiltIn): void {
  const { create, update } = builtIn;
  const refresh = (component: Component) => {
    const element = elementOf(component);
    if (!element) return;
    const data: Properties = component.data;
    describe(element, data);
    update?.(element, data);
  };
  const properties = Object.entries({ ...common, ...builtIn.properties }).map(([name, type]) => {
    const observer = function (this: unknown) {
      refresh(this as Component);
    };
    return [name, { type, observer }];
  });
  /** By dialog: the function that closes it. */
  const closings = new WeakMap<Component, () => void>();
  const definition = space.defineComponent({
    is: `built-in/${tag}`,
    properties: Object.fromEntries(properties) as Record<string, never>,
    lifetimes: {
      created() {
        const element = elementOf(this as unknown as Component);
        if (element) create?.(element, this as unknown as Component);
      },
      attached() {
        const component = this as unknown as Component;
        refresh(component);
        const element = elementOf(component);
        if (element?.role === 'dialog') closings.set(component, openModal(element));
      },
      detached() {
        closings.get(this as unknown as Component)?.();
      },
    },
  });
  space.setGlobalUsingComponent(tag, definition.general());
}

/** Null if its page was closed. Then there is nothing to draw. */
function elementOf(component: Component): HTMLElement | null {
  return component.getBackendElement() as HTMLElement | null;
}

/** The common properties: whether it is hidden, and its texts for screen readers. */
function describe(element: HTMLElement, data: Properties): void {
  element.toggleAttribute('hidden', Boolean(data['hidden']));
  for (const [name, attribute] of [
    ['ariaRole', 'role'],
    ['ariaLabel', 'aria-label'],
    ['ariaHidden', 'aria-hidden'],
    ['ariaLive', 'aria-live'],
  ] as const) {
    if (data[name]) element.setAttribute(attribute, String(data[name]));
  }
  if (reachable.includes(String(data['ariaRole']))) element.tabIndex = 0;
}
