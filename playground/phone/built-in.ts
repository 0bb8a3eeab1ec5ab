import type { glassEasel } from 'glass-easel-miniprogram-adapter';

export type Component = glassEasel.GeneralComponent;

/** What stands in a component's attributes, or else what its type has for nothing. */
export type Properties = Record<string, string | number | boolean>;

/** A component that every mini-program has. */
export interface BuiltIn {
  /** Without those that all have. */
  properties?: Record<string, StringConstructor | NumberConstructor | BooleanConstructor>;
  /** Once, when it is made. */
  create?: (element: HTMLElement, component: Component) => void;
  /** After it was made, and whenever a property has changed. */
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

/** What the keyboard is to reach where its role says that it can be operated. */
const reachable = ['button', 'link', 'checkbox', 'switch', 'radio', 'tab'];

export function defineBuiltIn(space: glassEasel.ComponentSpace, tag: string, builtIn: BuiltIn): void {
  const { properties, create, update } = builtIn;
  const refresh = (component: Component) => {
    const element = elementOf(component);
    const data: Properties = component.data;
    describe(element, data);
    update?.(element, data);
  };
  const observed = Object.entries({ ...common, ...properties }).map(([name, type]) => {
    return [name, { type, observer: (component: Component) => refresh(component) }] as const;
  });
  const definition = space.defineComponent({
    is: `built-in/${tag}`,
    properties: Object.fromEntries(
      observed.map(([name, { type, observer }]) => [
        name,
        {
          type,
          observer(this: unknown) {
            observer(this as Component);
          },
        },
      ]),
    ),
    lifetimes: {
      created() {
        create?.(elementOf(this as unknown as Component), this as unknown as Component);
      },
      attached() {
        refresh(this as unknown as Component);
      },
    },
  });
  space.setGlobalUsingComponent(tag, definition.general());
}

export function elementOf(component: Component): HTMLElement {
  return component.getBackendElement() as unknown as HTMLElement;
}

/** What all have in common: hidden or not, and what a screen reader says. */
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
