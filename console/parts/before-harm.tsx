/** The question before something is lost for good: what goes, how to get it back, and the verb on the button. */
import type { ComponentChildren } from 'preact'
import { useSay } from '../language.ts'
import { Dialog } from './dialog.tsx'
import { Problem, useAction } from './forms.tsx'

interface BeforeHarmProps {
  title: string
  /** What will be lost, and how to get it back. */
  children: ComponentChildren
  verb: string
  /** Left out: "Keep it". */
  keep?: string
  act(): Promise<void>
  /** It was done. */
  done(): void
  close(): void
}

export function BeforeHarm({ title, children, verb, keep, act, done, close }: BeforeHarmProps) {
  const say = useSay()
  const harm = useAction(async () => {
    await act()
    done()
    close()
  })
  return (
    <Dialog title={title} close={close}>
      {typeof children === 'string' ? <p>{children}</p> : children}
      <Problem error={harm.error} />
      <div class="actions">
        <button type="button" class="is-harm" disabled={harm.isBusy} onClick={() => harm.run()}>
          {verb}
        </button>
        <button type="button" class="quiet" onClick={close}>
          {keep ?? say.keys.keep}
        </button>
      </div>
    </Dialog>
  )
}
