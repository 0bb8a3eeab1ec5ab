import type { Preference } from '../preferences/preference.js';

interface ChoiceSelectProps<Value extends string> {
  label: string;
  preference: Preference<Value>;
  nameOf: (value: Value) => string;
}

/** A choice that the browser remembers. */
export function ChoiceSelect<Value extends string>({ label, preference, nameOf }: ChoiceSelectProps<Value>) {
  const value = preference.use();
  return (
    <select
      className="choice"
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => preference.set(event.target.value as Value)}
    >
      {preference.values.map((each) => (
        <option key={each} value={each}>
          {nameOf(each)}
        </option>
      ))}
    </select>
  );
}
