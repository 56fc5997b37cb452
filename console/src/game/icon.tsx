/** The signs of buttons, drawn, since not every device has them in its fonts. */

const PATHS = {
  pause: 'M5 3h3v12H5zM10 3h3v12h-3z',
  back: 'M8 3v3.5h1.5a4.75 4.75 0 0 1 0 9.5H5v-2.5h4.5a2.25 2.25 0 0 0 0-4.5H8v3.5L2.5 7.75z',
  flag: 'M3.5 2H6v.8h8.5l-2 3.4 2 3.4H6V16H3.5z',
  more: 'M2 7.2h3.6v3.6H2zM7.2 7.2h3.6v3.6H7.2zM12.4 7.2H16v3.6h-3.6z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 18 18" aria-hidden="true">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  );
}
