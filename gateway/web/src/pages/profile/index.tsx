import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { call, promptApi, userApi } from '../../api/client';
import { listQuery } from '../../api/listQuery';
import { isProblem } from '../../api/problem';
import type { Profile, Prompt } from '../../api/types';
import { NotFoundPage } from '../../app/ErrorPage';
import { exactDay, shortCount } from '../../format';
import { useSession } from '../../session/useSession';
import { useViewer } from '../../session/useViewer';
import { Avatar } from '../../ui/Avatar';
import { Failure } from '../../ui/Failure';
import { ListView } from '../../ui/ListView';
import { useDocumentTitle } from '../../ui/useDocumentTitle';
import { accountWords } from '../../words/account';
import { PromptRow } from '../explore/PromptRow';
import '../explore/explore.css';
import { FollowButton } from './FollowButton';
import { PROFILE_SORTS, type ProfileSearch } from './search';
import './profile.css';

const words = accountWords.profile;
const route = getRouteApi('/u/$name');

export function ProfilePage() {
  const { name } = route.useParams();
  const search = route.useSearch();
  const viewer = useViewer();
  const profile = useQuery({
    queryKey: ['user', 'by-name', name, viewer],
    queryFn: ({ signal }) => call(userApi.GET('/users/by-username/{name}', { params: { path: { name } }, signal })),
    enabled: viewer !== undefined,
  });
  useDocumentTitle(profile.data?.username ?? name);
  if (isProblem(profile.error, 404, 400)) return <NotFoundPage />;
  const person = profile.data;
  return (
    <main id="content" className="page profile">
      {profile.isError && <Failure error={profile.error} onRetry={() => void profile.refetch()} />}
      {person === undefined && !profile.isError && <div className="skeleton profile-skeleton" />}
      {person && (
        <>
          <ProfileHeader person={person} />
          <nav className="tabs" aria-label={person.username}>
            <Tab name={name} search={{ sort: search.sort }} isCurrent={search.tab === undefined} label={words.promptsTab} />
            <Tab name={name} search={{ tab: 'followers' }} isCurrent={search.tab === 'followers'} label={words.followersTab} />
            <Tab name={name} search={{ tab: 'following' }} isCurrent={search.tab === 'following'} label={words.followingTab} />
          </nav>
          {search.tab === undefined ? (
            <Prompts person={person} search={search} viewer={viewer} />
          ) : (
            <People key={search.tab} person={person} tab={search.tab} />
          )}
        </>
      )}
    </main>
  );
}

function Tab({ name, search, isCurrent, label }: { name: string; search: ProfileSearch; isCurrent: boolean; label: string }) {
  return (
    <Link to="/u/$name" params={{ name }} search={search} aria-current={isCurrent ? 'page' : undefined} activeProps={{}} resetScroll={false}>
      {label}
    </Link>
  );
}

function ProfileHeader({ person }: { person: Profile }) {
  const { user } = useSession();
  const stats = useQuery({
    queryKey: ['user', person.id, 'stats'],
    queryFn: ({ signal }) => call(userApi.GET('/users/stats/{userId}', { params: { path: { userId: person.id } }, signal })),
  });
  const fullName = [person.firstName, person.lastName].filter(Boolean).join(' ');
  const counts = stats.data && [
    words.followers(stats.data.followersCount, shortCount(stats.data.followersCount)),
    words.following(shortCount(stats.data.followingCount)),
    // Null while the prompt service is away.
    typeof stats.data.promptsCount === 'number' && words.prompts(stats.data.promptsCount, shortCount(stats.data.promptsCount)),
    typeof stats.data.likesReceived === 'number' && words.likes(stats.data.likesReceived, shortCount(stats.data.likesReceived)),
  ];
  return (
    <header className="profile-header">
      <Avatar name={person.username} size={64} />
      <div className="profile-names">
        <h1>
          <bdi>{fullName || person.username}</bdi>
        </h1>
        <p className="quiet small">
          {fullName && (
            <>
              <bdi>{person.username}</bdi> ·{' '}
            </>
          )}
          {words.joined(exactDay(person.createdAt))}
        </p>
        <p className="quiet small profile-counts">{counts ? counts.filter(Boolean).join(' · ') : '\u00a0'}</p>
        {person.bio && (
          <p className="profile-bio" dir="auto">
            {person.bio}
          </p>
        )}
      </div>
      {user?.id === person.id ? (
        <Link to="/settings" className="button">
          {words.edit}
        </Link>
      ) : (
        <FollowButton userId={person.id} />
      )}
    </header>
  );
}

function Prompts({ person, search, viewer }: { person: Profile; search: ProfileSearch; viewer: string | null | undefined }) {
  const navigate = useNavigate();
  const sortBy = search.sort ?? 'createdAt';
  const prompts = useInfiniteQuery(
    listQuery(['prompts', 'by', person.id, sortBy, viewer], 24, (paging, signal) =>
      call(promptApi.GET('/prompts/user/{userId}', { params: { path: { userId: person.id }, query: { ...paging, sortBy } }, signal })),
    ),
  );
  return (
    <>
      <label className="profile-sort small">
        {words.sort}
        <select
          className="input"
          value={sortBy}
          onChange={(event) => {
            const sort = PROFILE_SORTS.find((known) => known === event.currentTarget.value);
            void navigate({ to: '/u/$name', params: { name: person.username }, search: { sort }, resetScroll: false });
          }}
        >
          {PROFILE_SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {words.sorts[sort]}
            </option>
          ))}
        </select>
      </label>
      <ListView
        query={prompts}
        label={words.promptsTab}
        className="prompt-list"
        Row={PromptItem}
        empty={
          <div className="empty">
            <h2>{person.id === viewer ? words.emptyOwn : words.empty(person.username)}</h2>
          </div>
        }
      />
    </>
  );
}

function People({ person, tab }: { person: Profile; tab: 'followers' | 'following' }) {
  const people = useInfiniteQuery(
    listQuery(['user', person.id, tab], 30, (paging, signal) => {
      const init = { params: { path: { userId: person.id }, query: paging }, signal };
      return call(tab === 'followers' ? userApi.GET('/users/followers/{userId}', init) : userApi.GET('/users/following/{userId}', init));
    }),
  );
  return (
    <ListView
      query={people}
      label={tab === 'followers' ? words.followersTab : words.followingTab}
      className="people"
      Row={PersonItem}
      empty={
        <div className="empty">
          <h2>{words.noFollowers}</h2>
        </div>
      }
    />
  );
}

function PromptItem({ item }: { item: Prompt }) {
  return <PromptRow prompt={item} />;
}

function PersonItem({ item: person }: { item: Profile }) {
  return (
    <li>
      <Avatar name={person.username} />
      <Link to="/u/$name" params={{ name: person.username }}>
        <bdi>{person.username}</bdi>
      </Link>
      {person.bio && (
        <span className="quiet small people-bio" dir="auto">
          {person.bio}
        </span>
      )}
    </li>
  );
}
