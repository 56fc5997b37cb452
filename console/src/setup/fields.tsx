/** The fields of the form. Each shows its error. */
import { type ReactNode, useId } from 'react';

/** What is wrong, by field of the draft. */
export type Faults = Readonly<Record<string, string>>;

interface FieldProps {
  label: string;
  fault: string | undefined;
  hint?: string;
}

interface TextFieldProps extends FieldProps {
  value: string;
  type?: 'text' | 'datetime-local';
  placeholder?: string;
  onChange: (value: string) => void;
}

export function TextField({ label, value, type = 'text', placeholder, hint, fault, onChange }: TextFieldProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      <input
        id={id}
        type={type}
        step={type === 'text' ? undefined : 1}
        value={value}
        placeholder={placeholder}
        maxLength={200}
        autoComplete="off"
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

/** Several lines of text. */
export function TextArea({ label, value, placeholder, hint, fault, onChange }: Omit<TextFieldProps, 'type'>) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      <textarea
        id={id}
        rows={4}
        value={value}
        placeholder={placeholder}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

interface SelectFieldProps<Value extends string> extends FieldProps {
  value: Value;
  options: Readonly<Record<Value, string>>;
  onChange: (value: Value) => void;
}

export function SelectField<Value extends string>({ label, value, options, hint, fault, onChange }: SelectFieldProps<Value>) {
  const id = useId();
  const chosen = Object.keys(options) as Value[];
  return (
    <Field id={id} label={label} hint={hint} fault={fault}>
      <select
        id={id}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {chosen.map((option) => (
          <option key={option} value={option}>
            {options[option]}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Field({
  id,
  label,
  hint,
  fault,
  children,
}: {
  id: string;
  label: string;
  hint: string | undefined;
  fault: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="field" data-faulty={fault !== undefined}>
      <label htmlFor={id}>{label}</label>
      {children}
      <p id={`${id}-note`} className="field-note">
        {fault ?? hint}
      </p>
    </div>
  );
}
