import { Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { SignInOverPage } from '../session/SignInOverPage';
import { Toasts } from '../ui/Toasts';
import { words } from '../words/en';
import { Header } from './Header';
import { OutageBanner } from './OutageBanner';
import './app.css';

/** What surrounds every page. */
export function Layout() {
  return (
    <>
      <a className="skip" href="#content">
        {words.skip}
      </a>
      <Header />
      <OutageBanner />
      <RouteFocus />
      <Outlet />
      <SignInOverPage />
      <Toasts />
    </>
  );
}

/** Moves the focus to the heading of a page that was navigated to, so that screen readers say it. */
function RouteFocus() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const previous = useRef(path);
  useEffect(() => {
    if (previous.current !== undefined && path !== previous.current) {
      const heading = document.querySelector<HTMLElement>('main h1');
      if (heading && document.activeElement?.closest('[role=search]') === null) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      }
    }
    previous.current = path;
  }, [path]);
  return null;
}
