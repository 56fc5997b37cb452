/** A panel with one main figure and the numbers behind it. */
import { type ReactNode, useId } from 'react';

interface Figure {
  value: number | null;
  unit?: string;
  digits?: number;
}

interface PanelProps {
  title: string;
  figure: number | null;
  unit: string;
  digits?: number;
  prefix?: string;
  children: ReactNode;
}

export function Panel({ title, figure, unit, digits = 0, prefix = '', children }: PanelProps) {
  const heading = useId();
  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <p className="panel-figure number">
        {figure === null ? '–' : prefix + shown(figure, digits)}
        <small>{unit}</small>
      </p>
      <div className="panel-rows">{children}</div>
    </section>
  );
}

/** One of the numbers. A `bad` one is highlighted unless it is 0. */
export function Row({ label, value, unit = '', digits = 0, bad = false }: Figure & { label: string; bad?: boolean }) {
  return (
    <p className="panel-row" data-bad={bad && value !== null && value > 0}>
      <span>{label}</span>
      <b className="number">{value === null ? '–' : `${shown(value, digits)} ${unit}`}</b>
    </p>
  );
}

function shown(value: number, digits: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
