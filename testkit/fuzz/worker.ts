/** Plays one target in a thread of its own: an input that never comes to an end is seen, and stopped, from outside. */
import { parentPort, workerData } from 'node:worker_threads'
import { play } from './play.ts'
import { targets } from './targets.ts'
import { createNote, type FromWorker, type WorkerTask } from './workers.ts'

const task = workerData as WorkerTask
const say = (message: FromWorker) => parentPort?.postMessage(message)
const note = createNote(task.note)
const target = await targets[task.target]?.()
if (!target) throw new Error(`There is no target ${task.target}.`)
const played = await play(target, {
  ...task,
  trying: note.write,
  progress: (tried) => say({ kind: 'progress', tried }),
})
say({ kind: 'played', played })
