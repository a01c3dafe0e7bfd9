/** The first letter of a name on a colour of its own, `size` pixels wide beside text of the usual size. No pictures: an address of one is another's server. */
export function Avatar({ name, size = 28 }: { name: string; size?: number }) {
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 360;
  const letter = Array.from(name)[0]?.toLocaleUpperCase() ?? '?';
  return (
    <span className="avatar" aria-hidden="true" style={{ '--hue': hash, '--size': `${size / 16}rem` } as React.CSSProperties}>
      {letter}
    </span>
  );
}
