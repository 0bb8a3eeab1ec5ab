import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * An address in the one spelling in which it is stored, shown and compared: IPv4 inside IPv6 as IPv4, IPv6 in lower
 * case and shortened (RFC 5952), without zone.
 *
 * @param text as proxies write it in `X-Forwarded-For`: with or without port, brackets and quotes
 * @returns undefined if it names no address, as `unknown` does
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = /^\s*"?(.*?)"?\s*$/.exec(text)?.[1] ?? '';
  const address =
    /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare;
  if (isIP(address) === 0) return undefined;
  if (!isIPv6(address)) return address;
  // A URL writes every IPv6 address in one way, but IPv4 inside it in hexadecimal.
  const canonical = new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [mapped[1]!, mapped[2]!].map((group) => Number.parseInt(group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whose address it is: an IPv6 customer has a whole /64 to call from. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/**
 * Whether an address, in whatever spelling, is that of a proxy whose `X-Forwarded-For` is believed. Who comes over a
 * Unix socket has none.
 *
 * @param networks addresses, or networks as `10.0.0.0/8`; `unix:`, as nginx writes it, for whoever has no address
 */
export function trustedProxies(networks: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    if (network === 'unix:') continue;
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (text) => {
    if (text === undefined) return networks.includes('unix:');
    const address = canonicalAddress(text);
    return address !== undefined && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}
