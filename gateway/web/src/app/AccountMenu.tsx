import { Link } from '@tanstack/react-router';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { Avatar } from '../ui/Avatar';
import { Menu } from '../ui/Menu';
import { words } from '../words/en';
import { ThemeChoice } from './ThemeChoice';

/** The way to sign in, or what belongs to the account that is. */
export function AccountMenu() {
  const { status, user } = useSession();
  // Nothing until it is known: a "Sign in" that turns into an avatar is a flash of the wrong state.
  if (status === 'unknown') return <div className="account" aria-hidden="true" />;
  if (user === null) {
    return (
      <div className="account">
        <Link to="/sign-in" className="button plain">
          {words.navigation.signIn}
        </Link>
        <Menu label={words.navigation.theme} icon="more">
          <ThemeChoice />
        </Menu>
      </div>
    );
  }
  return (
    <div className="account">
      <Menu label={words.navigation.account} button={<Avatar name={user.username} />}>
        <p className="menu-title">
          <bdi>{user.username}</bdi>
        </p>
        <Link to="/u/$name" params={{ name: user.username }}>
          {words.navigation.profile}
        </Link>
        <Link to="/settings">{words.navigation.settings}</Link>
        <ThemeChoice />
        <button type="button" onClick={() => void session.signOut()}>
          {words.navigation.signOut}
        </button>
      </Menu>
    </div>
  );
}
