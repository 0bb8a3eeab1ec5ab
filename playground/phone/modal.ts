/** What a mini-program draws as a dialog keeps the keyboard and the screen reader in it while it is open. */

const focusable = 'input, button, [tabindex="0"]';

/**
 * Closes everything else of the phone off, and goes into the dialog.
 *
 * @returns what opens it all again, and goes back to where the keyboard was
 */
export function openModal(dialog: HTMLElement): () => void {
  const before = document.activeElement as HTMLElement;
  const closedOff = othersThan(dialog).filter(({ inert }) => !inert);
  dialog.ariaModal = 'true';
  dialog.tabIndex = -1;
  dialog.addEventListener('keydown', stayWithin);
  // A frame that nobody is in must not draw the focus to itself.
  if (document.hasFocus()) dialog.focus();
  for (const other of closedOff) other.inert = true;
  return () => {
    for (const other of closedOff) other.inert = false;
    if (document.hasFocus()) before.focus();
  };
}

/**
 * Leaves the dialog that is drawn next as soon as it is there.
 *
 * @returns what ends the wait for it
 */
export function leaveNextModal(): () => void {
  const observer = new MutationObserver(() => {
    const dialog = document.querySelector('.pages [aria-modal="true"]');
    if (dialog) leave(dialog);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}

/** As the phone's own dialogs are left: by a tap beside it, where the mini-program lets that mean something. */
function leave(dialog: Element): void {
  dialog.parentElement?.click();
}

/** What lies beside it on each level, except what only tells something. */
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
