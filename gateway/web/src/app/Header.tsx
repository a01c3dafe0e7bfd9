import { Link } from '@tanstack/react-router';
import { Icon } from '../ui/Icon';
import { words } from '../words/en';
import { AccountMenu } from './AccountMenu';
import { NAVIGATION } from './navigation';
import { SearchBox } from './SearchBox';

/** The header of every page. */
export function Header() {
  return (
    <header className="header">
      <div className="header-inner">
        <Link to="/" className="logo" aria-label={words.name}>
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span aria-hidden="true">{words.name}</span>
        </Link>
        <SearchBox />
        <nav aria-label={words.navigation.label} className="header-links">
          {NAVIGATION.map((item) => (
            <Link key={item.to} to={item.to} activeProps={{ 'aria-current': 'page' }}>
              {words.navigation[item.name]}
            </Link>
          ))}
        </nav>
        <Link to="/new" className="button header-new">
          <Icon name="plus" />
          <span>{words.navigation.create}</span>
        </Link>
        <AccountMenu />
      </div>
    </header>
  );
}
