// First: it says the order of the cascade's layers.
import './ui/styles/index.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/queryClient';
import { watchOutages } from './api/watchOutages';
import { watchForNewBuild } from './app/newBuild';
import { router } from './routes';
import { separateAccounts } from './session/accountData';
import { session } from './session/session';

watchForNewBuild();
watchOutages();
separateAccounts(queryClient);
void session.start();

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
