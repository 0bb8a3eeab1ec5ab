import { Button } from 'antd';
import type { PagingState } from './keyset-paging.js';
import './paging.css';

interface PagingProps extends PagingState {
  /** What the pages are of, for screen readers. */
  label: string;
  first: string;
  previous: string;
  next: string;
}

/** Leads through the pages of a list. */
export function Paging({ label, first, previous, next, ...paging }: PagingProps) {
  return (
    <nav className="paging" aria-label={label}>
      <Button disabled={paging.isFirst} onClick={paging.showFirst}>
        {first}
      </Button>
      <Button disabled={!paging.showPrevious} onClick={paging.showPrevious}>
        {previous}
      </Button>
      <Button disabled={!paging.showNext} onClick={paging.showNext}>
        {next}
      </Button>
    </nav>
  );
}
