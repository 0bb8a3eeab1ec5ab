import type { LiveEvent } from '../server/live-events.js';

/** Listens to the events of the server. If the connection is lost, it connects again. */
export function listen(
  hear: (event: LiveEvent) => void,
  onConnection: (isThere: boolean) => void,
): EventSource {
  const source = new EventSource('/playground/events');
  source.addEventListener('message', ({ data }: MessageEvent<string>) => hear(JSON.parse(data) as LiveEvent));
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => onConnection(false));
  return source;
}
