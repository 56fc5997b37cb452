/** A line without axes: the recent values of a figure. */

const WIDTH = 120;
const HEIGHT = 32;

export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const top = Math.max(...values, 1);
  const points = values.map((value, index) => `${WIDTH - (values.length - 1 - index)},${HEIGHT - (value / top) * (HEIGHT - 2) - 1}`);
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={points.join(' ')} fill="none" stroke="currentColor" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
