import { Link, Outlet } from '@tanstack/react-router';
import { useSession } from '../../session/useSession';
import { SignInFirst } from '../../session/SignInFirst';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { adminWords as words } from '../../words/admin';
import './admin.css';

export { DeadLetterPage } from './DeadLetter';
export { DeadLettersPage } from './DeadLetters';
export { PeoplePage } from './People';
export { PipelinePage } from './Pipeline';

const TABS = [
  { to: '/admin/people', part: 'people' },
  { to: '/admin/dead-letters', part: 'letters' },
  { to: '/admin/pipeline', part: 'pipeline' },
] as const;

/** The frame of administration. Who may see what is in it the server decides, for each call. */
export function AdminPage() {
  const { user, status } = useSession();
  const isAdmin = user?.roles.includes('ADMIN') === true;
  return (
    <main id="content" className="page admin">
      {status === 'unknown' && <div className="skeleton admin-skeleton" />}
      {status === 'signed-out' && <NoAccount />}
      {user && !isAdmin && <NoAccess />}
      {isAdmin && (
        <>
          <nav className="tabs" aria-label={words.title}>
            {TABS.map((tab) => (
              <Link key={tab.to} to={tab.to} activeProps={{ 'aria-current': 'page' }}>
                {words[tab.part].title}
              </Link>
            ))}
          </nav>
          <Outlet />
        </>
      )}
    </main>
  );
}

function NoAccount() {
  useDocumentTitle(words.title);
  return (
    <>
      <h1>{words.title}</h1>
      <SignInFirst needed={words.needed} />
    </>
  );
}

function NoAccess() {
  useDocumentTitle(words.title);
  return (
    <div className="empty">
      <h1>{words.forbidden}</h1>
      <p>{words.forbiddenHint}</p>
    </div>
  );
}
