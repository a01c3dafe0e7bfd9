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
import { loadTranslation } from './words/translated';

watchForNewBuild();
watchOutages();
separateAccounts(queryClient);
void session.start();

async function draw(root: Element): Promise<void> {
  // A translation that cannot be loaded leaves English words, and is no reason to show nothing.
  await loadTranslation().catch(() => {});
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

const root = document.querySelector('#root');
if (root) void draw(root);
