/** Where the console begins. */
import { render } from 'preact'
import { App } from './app.tsx'
import { keepConsole } from './offline/install.ts'

const root = document.getElementById('console')
if (root) render(<App />, root)
void keepConsole()
