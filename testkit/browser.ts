/** The browser of the tests: Chromium without what only a person at a desk would see of it, which starts in a third of the time. */
import type { LaunchOptions } from 'playwright-core'

export const chromiumHere = {
  executablePath: '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server', '--disable-background-networking'],
} satisfies LaunchOptions
