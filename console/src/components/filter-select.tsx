import { Select } from 'antd';

interface FilterSelectProps<Value extends string> {
  label: string;
  /** The text for no choice. */
  any: string;
  options: readonly { value: Value; label: string }[];
  value: Value | undefined;
  onChange: (value: Value | undefined) => void;
}

/** One of several values, or any. */
export function FilterSelect<Value extends string>({
  label,
  any,
  options,
  value,
  onChange,
}: FilterSelectProps<Value>) {
  return (
    <Select<Value | ''>
      aria-label={label}
      value={value ?? ''}
      options={[{ value: '', label: any }, ...options]}
      onChange={(chosen) => onChange(chosen === '' ? undefined : chosen)}
    />
  );
}
