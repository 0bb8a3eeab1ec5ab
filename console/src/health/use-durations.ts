import { useFormats } from '../i18n/formats.js';
import { useMessages } from '../i18n/messages.js';
import { healthMessages } from './health.messages.js';
import { toDuration } from './to-duration.js';

/** A duration as text. */
export function useDurations(): (seconds: number) => string {
  const texts = useMessages(healthMessages);
  const formats = useFormats();
  return (seconds) => {
    const { unit, value } = toDuration(seconds);
    return texts[unit](formats.number(value));
  };
}
