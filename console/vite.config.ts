import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the service is for `npm run dev -w console`. */
const service = 'http://127.0.0.1:3000';
const paths = ['/admin', '/avatars', '/health', '/me', '/oauth', '/scan-codes'];

const adoptedStyles = new URL('src/theme/adopted-styles.ts', import.meta.url).pathname;

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  // The built page has a <base>, so that it works below any path.
  base: command === 'build' ? './' : '/console/',
  plugins: [react()],
  resolve: {
    alias: [
      // The Content-Security-Policy lets no script add a <style>.
      { find: /^(@rc-component\/util\/es|\.)\/Dom\/dynamicCSS$/, replacement: adoptedStyles },
      { find: /^\.\/cssUtils$/, replacement: adoptedStyles },
    ],
  },
  build: {
    target: 'es2022',
    // The first with light-dark(). What Vite would put in its place does not know the theme that the user chose.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // dev/build-console.js copies it into the build of the service.
    outDir: 'dist',
    emptyOutDir: true,
    // An inlined asset would be a data: URL, which the policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_200,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      // The service answers only the page of its own origin in the name of the client `console`.
      paths.map((path) => [path, { target: service, headers: { origin: service } }]),
    ),
  },
}));
