/** How the console is built: one page, one script, one style sheet, all of its own origin and named by their content; and what a browser that keeps it asks for by name. */
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: ['chrome123', 'firefox125', 'safari17.5'],
    // Its own folder is cleared by who calls (`tools/build.mjs`).
    emptyOutDir: true,
    rolldownOptions: {
      input: { index: 'index.html', worker: 'offline/worker.ts' },
      // A browser that has it looks whether it has changed by this name.
      output: { entryFileNames: ({ name }) => (name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js') },
    },
    assetsInlineLimit: 0,
    // Inline, it would be refused by the policy of our own page.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
