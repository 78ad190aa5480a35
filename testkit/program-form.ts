/** What a program asks on a panel, answered as somebody does in front of it. */
import { readPanel, send } from './panel-page.ts'

/** @returns how to send the very same form once more */
export async function answerForm(page: string, answers: Record<string, string>): Promise<{ again(): Promise<number> }> {
  const [, inside = ''] = /<form[^>]* action="\/program-answer">([\s\S]*?)<\/form>/.exec(await readPanel(page)) ?? []
  const hidden = [...inside.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  if (hidden.length === 0) throw new Error('Nothing is asked on the panel.')
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
  for (const [name, value] of Object.entries(answers)) form.set(`field-${name}`, value)
  const again = async () => (await send(page, '/program-answer', form)).status
  await again()
  return { again }
}
