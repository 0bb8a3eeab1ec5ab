import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { useMessages } from '../i18n/messages.js';
import { routes } from '../routes.js';

/** Links to the pages that have a name in the route table. */
export function Navigation() {
  const [location] = useLocation();
  return routes
    .filter(({ name }) => name !== undefined)
    .map(({ path, name }) => <NavigationLink key={path} path={path} name={name!} location={location} />);
}

interface NavigationLinkProps {
  path: string;
  name: NonNullable<(typeof routes)[number]['name']>;
  location: string;
}

function NavigationLink({ path, name, location }: NavigationLinkProps) {
  const isCurrent = location === path || location.startsWith(`${path}/`);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a narrow screen the links scroll.
    if (isCurrent) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isCurrent]);
  return (
    <Link ref={link} href={path} aria-current={isCurrent ? 'page' : undefined}>
      {useMessages(name)}
    </Link>
  );
}
