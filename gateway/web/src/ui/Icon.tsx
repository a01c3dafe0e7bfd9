/** Paths on a 16 px grid, drawn with a stroke of 1.5. */
const PATHS = {
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 12A5 5 0 107 2a5 5 0 000 10zM10.5 10.5L14 14',
  copy: 'M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2',
  run: 'M5 3l7.5 5L5 13z',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  heart: 'M8 13.5S2 10 2 6a3 3 0 016-1 3 3 0 016 1c0 4-6 7.5-6 7.5z',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 100-4 2 2 0 000 4z',
  star: 'M8 2l1.8 3.8 4.2.5-3.1 2.8.8 4.1L8 11.1l-3.7 2.1.8-4.1L2 6.3l4.2-.5z',
  fork: 'M4.5 5.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM11.5 5.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM8 13.5a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM4.5 5.5v1c0 1 .5 1.5 1.5 1.5h4c1 0 1.5-.5 1.5-1.5v-1M8 8v2.5',
  comment: 'M2.5 3h11v8H8l-3 2.5V11H2.5z',
  link: 'M6.5 9.5l3-3M7 4.5L8.5 3a3 3 0 014.5 4.5L11.5 9M9 11.5L7.5 13A3 3 0 013 8.5L4.5 7',
  lock: 'M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 015 0v2',
  pencil: 'M3 13l.5-3L10.5 3 13 5.5 6 12.5z',
  plus: 'M8 3v10M3 8h10',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  user: 'M8 8a2.75 2.75 0 100-5.5A2.75 2.75 0 008 8zM2.5 14c.5-3 2.5-4.5 5.5-4.5s5 1.5 5.5 4.5',
  tag: 'M2.5 2.5h5l6 6-5 5-6-6zM5 5h.01',
  folder: 'M2 4h4l1.5 2H14v7H2z',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  bell: 'M4 11V7a4 4 0 018 0v4l1 1.5H3zM6.5 14.5h3',
  external: 'M6 3H3v10h10v-3M9 3h4v4M13 3L7.5 8.5',
} as const;

export type IconName = keyof typeof PATHS;

/** A picture that says nothing by itself: its control has the name. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" data-filled={filled || undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
