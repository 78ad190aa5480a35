/** Conditions as they are typed: an object, a comparison, a value; and where one wants it, what a new cartridge is, and for how long. */
import type { Condition } from '@fairlead/protocol/contract'
import { useSay } from '../../messages/for-services.ts'
import { Field, Select } from '../../parts/forms.tsx'

export interface TypedCondition {
  object: string
  op: Condition['op']
  value: string
  hysteresis: string
  forSeconds: string
}

export const emptyCondition: TypedCondition = {
  ...{ object: 'toner.black', op: '<=', value: '20', hysteresis: '10', forSeconds: '0' },
}

const ops = ['<=', '<', '>=', '>', '==', '!='] as const
/** The relay takes so many. */
const mostConditions = 8

/** @returns undefined: one of them is not complete */
export function conditionsIn(typed: readonly TypedCondition[]): Condition[] | undefined {
  const conditions = typed.map(({ object, op, value, hysteresis, forSeconds }) => ({
    ...{ object: object.trim(), op, value: readValue(value) },
    ...{ hysteresis: Number(hysteresis), forSeconds: Number(forSeconds) },
  }))
  const isComplete = ({ object, value, hysteresis, forSeconds }: Condition) =>
    object !== '' && value !== '' && Number.isFinite(hysteresis) && Number.isInteger(forSeconds)
  return conditions.every(isComplete) ? conditions : undefined
}

function readValue(text: string): number | string {
  return /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text.trim()
}

export function ConditionFields(props: {
  typed: readonly TypedCondition[]
  changed(typed: readonly TypedCondition[]): void
  objects: readonly string[]
}) {
  const { typed, changed, objects } = props
  const { form } = useSay().services
  const edit = (at: number, change: Partial<TypedCondition>) =>
    changed(typed.map((one, place) => (place === at ? { ...one, ...change } : one)))
  return (
    <fieldset class="conditions">
      <legend>{form.conditions}</legend>
      {typed.map((one, at) => (
        <div key={String(at)} class="condition">
          <Field
            label={form.object}
            value={one.object}
            changed={(object) => edit(at, { object })}
            suggestions={objects}
            maxLength={256}
            required
            isVerbatim
          />
          <Select
            label={form.op}
            value={one.op}
            choices={ops.map((value) => ({ value, label: form.ops[value] }))}
            changed={(op) => edit(at, { op: op as Condition['op'] })}
          />
          <Field
            label={form.value}
            value={one.value}
            changed={(value) => edit(at, { value })}
            maxLength={256}
            required
            isVerbatim
          />
          <details class="more">
            <summary>{form.more}</summary>
            <div>
              <Field
                label={form.hysteresis}
                value={one.hysteresis}
                changed={(hysteresis) => edit(at, { hysteresis })}
                inputMode="numeric"
              />
              <Field
                label={form.forSeconds}
                value={one.forSeconds}
                changed={(forSeconds) => edit(at, { forSeconds })}
                inputMode="numeric"
              />
            </div>
          </details>
          {typed.length > 1 && (
            <button type="button" class="quiet" onClick={() => changed(typed.filter((_, place) => place !== at))}>
              {form.less}
            </button>
          )}
        </div>
      ))}
      <div class="actions">
        {typed.length < mostConditions && (
          <button
            type="button"
            class="quiet"
            onClick={() => changed([...typed, { ...emptyCondition, object: '', value: '' }])}
          >
            {form.another}
          </button>
        )}
        {typed.length > 1 && <span class="hint">{form.firstMeans}</span>}
      </div>
    </fieldset>
  )
}
