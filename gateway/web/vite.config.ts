import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env['GATEWAY_URL'] ?? 'http://localhost:9000';

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    target: 'baseline-widely-available',
    // The CSP allows neither inline scripts nor `data:` styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // The framework changes seldom and stays cached when the pages change.
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: 'tanstack', test: /node_modules[\\/]@tanstack[\\/]/ },
            // What most pages share is one file: on a phone a dozen small ones cost more than what some page does
            // not need of it. What only the pages of data sets and runs share is not for the others. No style sheet is in
            // it: it would be linked before the one that says the order of layers.
            { name: 'shared', test: /[\\/]src[\\/](?!evaluation|words[\\/]tests).*\.tsx?$/, minShareCount: 6 },
          ],
        },
      },
    },
  },
  server: {
    port: 3000,
    strictPort: true,
    // The help is written once, for the documents and for the client.
    fs: { allow: ['.', '../../docs/help'] },
    proxy: {
      '^/(auth|users|prompts|api|analytics|api-docs|swagger-ui|health|\\.well-known)(/|$|\\?)': {
        target: gateway,
      },
    },
  },
});
