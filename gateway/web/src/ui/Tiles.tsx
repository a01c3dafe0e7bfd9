import './tiles.css';

interface Tile {
  name: string;
  value: string;
  /** Whether it is what the reader came for. */
  isMain?: boolean;
}

/** A few figures beside each other, each with its name. */
export function Tiles({ items }: { items: readonly Tile[] }) {
  return (
    <dl className="tiles">
      {items.map(({ name, value, isMain = false }) => (
        <div key={name} className={isMain ? 'tile main' : 'tile'}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
