/** Where else a list leads from the page that is shown. What leads nowhere is undefined. */
export interface PagingState {
  isFirst: boolean;
  showFirst: () => void;
  showPrevious: (() => void) | undefined;
  showNext: (() => void) | undefined;
}

/** The cursor of the page before, by the list and the cursor of a page that was opened from it; the first page has none. */
const previousCursors = new Map<string, string | undefined>();

interface KeysetPaging {
  /** Which list it is, if another one can have the same cursors. */
  list: string;
  /** Of the page that is shown. */
  cursor: string | undefined;
  /** Of the page after it; null after the last one, undefined until the service has said it. */
  nextCursor: string | null | undefined;
  show: (cursor: string | undefined) => void;
}

/** A cursor of the service leads only forwards. So the way back is what was kept while going on. */
export function keysetPaging({ list, cursor, nextCursor, show }: KeysetPaging): PagingState {
  const keyOf = (page: string) => `${list} ${page}`;
  return {
    isFirst: cursor === undefined,
    showFirst: () => show(undefined),
    showPrevious:
      cursor !== undefined && previousCursors.has(keyOf(cursor))
        ? () => show(previousCursors.get(keyOf(cursor)))
        : undefined,
    showNext:
      typeof nextCursor === 'string'
        ? () => {
            previousCursors.set(keyOf(nextCursor), cursor);
            show(nextCursor);
          }
        : undefined,
  };
}
