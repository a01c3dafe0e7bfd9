import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { ErrorPage, NotFoundPage } from './app/ErrorPage';
import { Layout } from './app/Layout';
import { queryClient } from './api/queryClient';
import { readLettersSearch, readPeopleSearch } from './pages/admin/search';
import { promptsQuery } from './pages/explore/queries';
import { readExploreSearch } from './pages/explore/search';
import { readOwnSearch } from './pages/home/filter';
import { promptQuery } from './pages/prompt/queries';
import { readPromptSearch } from './pages/prompt/search';
import { readMarketSearch } from './pages/market/search';
import { readProfileSearch } from './pages/profile/search';
import { readSetupSearch } from './pages/run-setup/search';
import { readRunSearch } from './pages/run/search';
import { readSalesSearch } from './pages/sales/search';
import { readSignInSearch } from './pages/sign-in/next';
import { readStatisticsSearch } from './pages/statistics/search';
import { currentViewer } from './session/useViewer';
import { isTextRecord } from './text/heldValues';

const root = createRootRoute({ component: Layout, errorComponent: ErrorPage, notFoundComponent: NotFoundPage });

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

interface Visit {
  location: { search: object };
  cause: 'preload' | 'enter' | 'stay';
}

// What the first pages show is asked for beside their code, not after it. Not while a link is only pointed at:
// reading a prompt counts as a view. Failures are the page's, which asks again.
function askForPrompts({ location, cause }: Visit): void {
  const viewer = currentViewer();
  if (cause !== 'preload' && viewer !== undefined) void queryClient.prefetchInfiniteQuery(promptsQuery(readExploreSearch({ ...location.search }), viewer));
}
function askForPrompt({ params, location, cause }: Visit & { params: { id: string } }): void {
  const viewer = currentViewer();
  const { version } = readPromptSearch({ ...location.search });
  if (cause !== 'preload' && viewer !== undefined) void queryClient.prefetchQuery(promptQuery(params.id, version, viewer));
}

// One row per address: its path, the search it reads, and its page, which is loaded when it is opened.
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  // Home is explore for a visitor, and their own work for everyone else.
  validateSearch: (search: Record<string, unknown>) => ({ ...readExploreSearch(search), ...readOwnSearch(search) }),
  // Who is signed in sees their own work there.
  loader: (visit) => (currentViewer() === null ? askForPrompts(visit) : undefined),
  component: lazyRouteComponent(() => import('./pages/home'), 'HomePage'),
});
const explore = createRoute({
  getParentRoute: () => root,
  path: '/explore',
  validateSearch: readExploreSearch,
  loader: askForPrompts,
  component: lazyRouteComponent(() => import('./pages/explore'), 'ExplorePage'),
});
const prompt = createRoute({
  getParentRoute: () => root,
  path: '/p/$id',
  validateSearch: readPromptSearch,
  loader: askForPrompt,
  component: lazyRouteComponent(() => import('./pages/prompt'), 'PromptPage'),
});
const edit = createRoute({
  getParentRoute: () => root,
  path: '/p/$id/edit',
  component: lazyRouteComponent(() => import('./pages/editor'), 'EditPromptPage'),
});
const create = createRoute({
  getParentRoute: () => root,
  path: '/new',
  component: lazyRouteComponent(() => import('./pages/editor'), 'NewPromptPage'),
});
const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  /** `vars` has the values of variables as a JSON object; where they are `held`, they are in the tab instead. */
  validateSearch: (search: Record<string, unknown>): { prompt?: string; vars?: Record<string, string>; held?: true | undefined } => ({
    prompt: text(search['prompt']),
    vars: isTextRecord(search['vars']) ? search['vars'] : undefined,
    held: search['held'] === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/playground'), 'PlaygroundPage'),
});
const profile = createRoute({
  getParentRoute: () => root,
  path: '/u/$name',
  validateSearch: readProfileSearch,
  component: lazyRouteComponent(() => import('./pages/profile'), 'ProfilePage'),
});
const market = createRoute({
  getParentRoute: () => root,
  path: '/market',
  validateSearch: readMarketSearch,
  component: lazyRouteComponent(() => import('./pages/market'), 'MarketPage'),
});
const listing = createRoute({
  getParentRoute: () => root,
  path: '/market/$listingId',
  component: lazyRouteComponent(() => import('./pages/listing'), 'ListingPage'),
});
const library = createRoute({
  getParentRoute: () => root,
  path: '/library',
  component: lazyRouteComponent(() => import('./pages/library'), 'LibraryPage'),
});
const tests = createRoute({
  getParentRoute: () => root,
  path: '/tests',
  /** A prompt that a data set is chosen for. */
  validateSearch: readSetupSearch,
  component: lazyRouteComponent(() => import('./pages/tests'), 'TestsPage'),
});
const newDataset = createRoute({
  getParentRoute: () => root,
  path: '/tests/new',
  validateSearch: readSetupSearch,
  component: lazyRouteComponent(() => import('./pages/new-dataset'), 'NewDatasetPage'),
});
const dataset = createRoute({
  getParentRoute: () => root,
  path: '/tests/data/$id',
  component: lazyRouteComponent(() => import('./pages/dataset'), 'DatasetPage'),
});
const runSetup = createRoute({
  getParentRoute: () => root,
  path: '/tests/data/$id/run',
  validateSearch: readSetupSearch,
  component: lazyRouteComponent(() => import('./pages/run-setup'), 'RunSetupPage'),
});
const run = createRoute({
  getParentRoute: () => root,
  path: '/tests/runs/$id',
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import('./pages/run'), 'RunPage'),
});
const statistics = createRoute({
  getParentRoute: () => root,
  path: '/statistics',
  validateSearch: readStatisticsSearch,
  component: lazyRouteComponent(() => import('./pages/statistics'), 'StatisticsPage'),
});
const sales = createRoute({
  getParentRoute: () => root,
  path: '/sales',
  validateSearch: readSalesSearch,
  component: lazyRouteComponent(() => import('./pages/sales'), 'SalesPage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings'), 'SettingsPage'),
});
const notices = createRoute({
  getParentRoute: () => root,
  path: '/notices',
  component: lazyRouteComponent(() => import('./pages/notices'), 'NoticesPage'),
});
const help = createRoute({
  getParentRoute: () => root,
  path: '/help/$topic',
  component: lazyRouteComponent(() => import('./pages/help'), 'HelpPage'),
});
const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  component: lazyRouteComponent(() => import('./pages/admin'), 'AdminPage'),
});
const adminHome = createRoute({
  getParentRoute: () => admin,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/admin/people', replace: true });
  },
});
const adminPeople = createRoute({
  getParentRoute: () => admin,
  path: '/people',
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(() => import('./pages/admin'), 'PeoplePage'),
});
const adminLetters = createRoute({
  getParentRoute: () => admin,
  path: '/dead-letters',
  validateSearch: readLettersSearch,
  component: lazyRouteComponent(() => import('./pages/admin'), 'DeadLettersPage'),
});
const adminLetter = createRoute({
  getParentRoute: () => admin,
  path: '/dead-letters/$letterId',
  component: lazyRouteComponent(() => import('./pages/admin'), 'DeadLetterPage'),
});
const adminPipeline = createRoute({
  getParentRoute: () => admin,
  path: '/pipeline',
  component: lazyRouteComponent(() => import('./pages/admin'), 'PipelinePage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import('./pages/sign-in'), 'SignInPage'),
});
const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import('./pages/register'), 'RegisterPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    explore,
    prompt,
    edit,
    create,
    playground,
    profile,
    market,
    listing,
    library,
    tests,
    newDataset,
    dataset,
    runSetup,
    run,
    sales,
    statistics,
    settings,
    notices,
    help,
    admin.addChildren([adminHome, adminPeople, adminLetters, adminLetter, adminPipeline]),
    signIn,
    register,
  ]),
  scrollRestoration: true,
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
