/** Checkboxes and lists to choose from. Like those of fields.tsx they take their state from the Form around. */
import type { FC } from 'hono/jsx'
import { issueTexts } from '../runtime/form-state'
import { useForm, usePage } from '../runtime/page-context'
import { Errors, fieldId } from './fields'

interface CheckboxProps {
  name: string
  label: string
  /** The error of a box that was left empty, where it must be ticked. */
  mustBeTicked?: string
}

export const Checkbox: FC<CheckboxProps> = ({ name, label, mustBeTicked }) => {
  const form = useForm()
  const box = (
    <label class="check">
      <input type="checkbox" name={name} value="true" checked={form.values[name] === 'true'} />
      <span>{label}</span>
    </label>
  )
  if (mustBeTicked === undefined) return box
  const isWrong = form.issues.some(({ path }) => path === name)
  return (
    <div class={isWrong ? 'field is-wrong' : 'field'}>
      {box}
      <Errors errors={isWrong ? [mustBeTicked] : []} />
    </div>
  )
}

interface Option {
  readonly value: string
  readonly label: string
}

interface SelectProps {
  name: string
  label: string
  options: readonly Option[]
  isDisabled?: boolean
}

export const Select: FC<SelectProps> = ({ name, label, options, isDisabled }) => {
  const form = useForm()
  const id = fieldId(form, name)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} disabled={isDisabled}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === form.values[name]}>
            {option.label}
          </option>
        ))}
      </select>
      <Errors id={`${id}-error`} errors={issueTexts(usePage().texts, form, name)} />
    </div>
  )
}

/** Checkboxes that share a name. Any number of them can be checked. */
export const Checkboxes: FC<{
  name: string
  values: readonly string[]
  hints?: Readonly<Record<string, string>>
}> = ({ name, values, hints }) => {
  const chosen = new Set((useForm().values[name] ?? '').split(' '))
  return (
    <>
      {values.map((value) => (
        <label class="check">
          <input type="checkbox" name={name} value={value} checked={chosen.has(value)} />
          <span>
            <span class="mono">{value}</span>
            {hints?.[value] && <span class="hint">{hints[value]}</span>}
          </span>
        </label>
      ))}
    </>
  )
}
