import { Link, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { outages } from '../api/outages';
import { isProblem } from '../api/problem';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { Avatar } from '../ui/Avatar';
import { Menu } from '../ui/Menu';
import { toast } from '../ui/Toasts';
import { words } from '../words/en';
import { LanguageChoice } from './LanguageChoice';
import { ThemeChoice } from './ThemeChoice';

const NoticeBell = lazy(() => import('../notices/NoticeBell'));

/** The way to sign in, or what belongs to the account that is. */
export function AccountMenu() {
  const { status, user } = useSession();
  const here = useRouterState({ select: (state) => state.location.href });
  // Nothing until it is known: a "Sign in" that turns into an avatar is a flash of the wrong state.
  if (status === 'unknown') return <div className="account" aria-hidden="true" />;
  if (user === null) {
    return (
      <div className="account">
        <Link to="/sign-in" search={{ next: /^\/(sign-in|register)/.test(here) ? undefined : here }} className="button plain">
          {words.navigation.signIn}
        </Link>
        <Menu label={words.navigation.more} icon="more">
          <Link to="/statistics">{words.navigation.statistics}</Link>
          <ThemeChoice />
          <LanguageChoice />
        </Menu>
      </div>
    );
  }
  return (
    <div className="account">
      <Suspense fallback={<span className="button plain icon-only" />}>
        <NoticeBell userId={user.id} />
      </Suspense>
      <Menu label={words.navigation.account} button={<Avatar name={user.username} />}>
        <p className="menu-title">
          <bdi>{user.username}</bdi>
        </p>
        <Link to="/u/$name" params={{ name: user.username }}>
          {words.navigation.profile}
        </Link>
        <Link to="/library">{words.navigation.library}</Link>
        <Link to="/tests">{words.navigation.tests}</Link>
        <Link to="/sales">{words.navigation.sales}</Link>
        <Link to="/statistics">{words.navigation.statistics}</Link>
        <Link to="/settings">{words.navigation.settings}</Link>
        {user.roles.includes('ADMIN') && <Link to="/admin">{words.navigation.admin}</Link>}
        <ThemeChoice />
        <LanguageChoice />
        <button type="button" onClick={() => void signOut()}>
          {words.navigation.signOut}
        </button>
      </Menu>
    </div>
  );
}

async function signOut(): Promise<void> {
  try {
    await session.signOut();
  } catch (error) {
    // Still signed in: to say otherwise would leave the next reader of this browser with the account.
    outages.report(error);
    toast(isProblem(error) ? error.message : words.errors.title);
  }
}
