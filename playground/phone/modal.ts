/** While a dialog of the mini-program is open, keyboard and screen reader stay in it. */

const focusable = 'input, button, [tabindex="0"]';

/**
 * Makes the rest of the phone inert, and moves the focus into the dialog.
 *
 * @returns a function that undoes both
 */
export function openModal(dialog: HTMLElement): () => void {
  const before = document.activeElement as HTMLElement;
  const closedOff = othersThan(dialog).filter(({ inert }) => !inert);
  dialog.ariaModal = 'true';
  dialog.tabIndex = -1;
  dialog.addEventListener('keydown', stayWithin);
  // A frame without the focus must not take it.
  if (document.hasFocus()) dialog.focus();
  for (const other of closedOff) other.inert = true;
  return () => {
    for (const other of closedOff) other.inert = false;
    if (document.hasFocus()) before.focus();
  };
}

/**
 * Closes the next dialog as soon as it appears.
 *
 * @returns a function that ends the wait
 */
export function leaveNextModal(): () => void {
  const observer = new MutationObserver(() => {
    const dialog = document.querySelector('.pages [aria-modal="true"]');
    if (dialog) leave(dialog);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}

/** Closes it by a tap beside it, if the mini-program handles that. */
function leave(dialog: Element): void {
  dialog.parentElement?.click();
}

/** Its siblings on each level, except announcements. */
function othersThan(dialog: HTMLElement): HTMLElement[] {
  const others: HTMLElement[] = [];
  for (let inner = dialog; inner !== document.body && inner.parentElement; inner = inner.parentElement) {
    const beside = [...inner.parentElement.children] as HTMLElement[];
    others.push(...beside.filter((each) => each !== inner && each.role !== 'status'));
  }
  return others;
}

function stayWithin(event: KeyboardEvent): void {
  const dialog = event.currentTarget as HTMLElement;
  if (event.key === 'Escape') leave(dialog);
  if (event.key !== 'Tab') return;
  const stops = [...dialog.querySelectorAll<HTMLElement>(focusable)].filter((each) => each.checkVisibility());
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (event.target !== from && !(event.shiftKey && event.target === dialog)) return;
  event.preventDefault();
  to?.focus();
}
