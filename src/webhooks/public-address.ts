import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A name leads to addresses of this network or this machine. The message contains no address. */
export class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS';

  constructor() {
    super('The name leads to a private address');
  }
}

/** All that was ever assigned of IPv6 (RFC 4291, section 2.4). Outside of it, there are old forms of IPv4 addresses, too. */
const assignedIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is one of the public internet: in none of the ranges that RFC 6890 and others have set aside. */
export function isPublicAddress(address: string): boolean {
  // IPv4 inside IPv6 counts as IPv4.
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(assignedIpv6)) return false;
  return parsed.range() === 'unicast';
}

/**
 * Makes the look-up for connections to a host. A name must lead to a public address. The connection is made to what the
 * look-up has checked, so a name that leads elsewhere a moment later changes nothing. A host that is written as an address is
 * never looked up, and `localhost` may lead to this machine: the setting names it.
 */
export function lookupFor(hostname: string, lookup: LookupFunction = systemLookup): LookupFunction {
  if (hostname === 'localhost') return lookup;
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = (found as { address: string; family: number }[]).filter(({ address }) =>
        isPublicAddress(address),
      );
      const [first] = addresses;
      if (first === undefined) callback(new PrivateAddressError(), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
