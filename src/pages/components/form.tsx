/**
 * The parts of forms: labels that belong to their fields, errors that are read with them, and what was
 * typed kept. The first refused field has the focus.
 */
import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Texts } from '../../texts/en'
import { type FormState, formMessage, issueTexts } from '../runtime/form-state'
import { Icon } from './icons'

interface FormProps {
  texts: Texts
  form: FormState
  action?: string
  class?: string
}

export const Form: FC<PropsWithChildren<FormProps>> = ({ texts, form, children, ...more }) => (
  // The server names what is wrong, in the page's language and for each field.
  <form method="post" action={more.action} class={more.class ?? 'form'} novalidate>
    <FormAlert texts={texts} form={form} />
    {children}
  </form>
)

/** Says above a form why it was refused. */
export const FormAlert: FC<{ texts: Texts; form: FormState }> = ({ texts, form }) => {
  const message = formMessage(texts, form)
  return message === undefined ? null : <Alert text={message} />
}

export const Alert: FC<{ text: string }> = ({ text }) => (
  <p class="alert" role="alert">
    <Icon name="alert" />
    <span>{text}</span>
  </p>
)

export interface FieldProps {
  texts: Texts
  form: FormState
  name: string
  label: string
  type?: 'text' | 'email' | 'password' | 'url' | 'search' | 'number' | 'date'
  hint?: string
  autocomplete?: string
  inputmode?: 'numeric' | 'email' | 'text' | 'url'
  isOptional?: boolean
  /** A password field that shows what was typed again: for what is no password. */
  keepsValue?: boolean
  /** Takes the focus when nothing was refused. */
  isFirst?: boolean
  maxlength?: number
  placeholder?: string
  /** Several lines. */
  rows?: number
  limits?: Readonly<Record<string, number>>
  /** Codes of refusals that are shown beside the field in another way. */
  isSaidElsewhere?: (code: string) => boolean
  /** Ids of what else describes the field. */
  describedBy?: string
  class?: string
}

export const Field: FC<FieldProps> = (props) => {
  const { texts, form, name, type = 'text' } = props
  const issues = form.issues.filter(({ code }) => !props.isSaidElsewhere?.(code))
  const errors = issueTexts(texts, { ...form, issues }, name, props.limits)
  const isWrong = form.issues.some(({ path }) => path === name)
  const id = fieldId(form, name)
  const described = [
    props.hint !== undefined && `${id}-hint`,
    errors.length > 0 && `${id}-error`,
    props.describedBy,
  ].filter(Boolean)
  const shared = {
    id,
    name,
    required: !props.isOptional,
    autocomplete: props.autocomplete ?? 'off',
    'aria-invalid': isWrong ? ('true' as const) : undefined,
    'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
    autofocus: takesFocus(props, isWrong),
    maxlength: props.maxlength,
    placeholder: props.placeholder,
  }
  const value = form.values[name] ?? ''
  return (
    <div class={isWrong ? 'field is-wrong' : 'field'}>
      <label for={id}>
        {props.label}
        {props.isOptional && <span class="optional"> ({texts.frame.optional})</span>}
      </label>
      {props.hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.rows === undefined ? (
        <Input {...props} shared={shared} type={type} value={value} />
      ) : (
        <textarea {...shared} rows={props.rows}>
          {/* HTML drops a line end that a text area begins with. */}
          {value.startsWith('\n') ? `\n${value}` : value}
        </textarea>
      )}
      <Errors id={`${id}-error`} errors={errors} />
    </div>
  )
}

const Input: FC<FieldProps & { shared: Record<string, unknown>; value: string }> = (props) => {
  const { texts, type, shared, value } = props
  const plain = (
    <input
      {...shared}
      type={type}
      class={props.class}
      inputmode={props.inputmode}
      value={type === 'password' && !props.keepsValue ? undefined : value}
      spellcheck={type === 'text' ? undefined : false}
      autocapitalize={type === 'text' ? undefined : 'none'}
    />
  )
  if (type !== 'password') return plain
  return (
    <span
      class="with-reveal"
      data-show={texts.frame.showPassword}
      data-hide={texts.frame.hidePassword}
      data-show-short={texts.frame.show}
      data-hide-short={texts.frame.hide}
    >
      {plain}
    </span>
  )
}

const Errors: FC<{ id: string; errors: readonly string[] }> = ({ id, errors }) =>
  errors.length === 0 ? null : (
    <ul class="errors" id={id}>
      {errors.map((error) => (
        <li>{error}</li>
      ))}
    </ul>
  )

/** Two forms on one page may have fields of one name: the refused one's ids differ. */
const fieldId = (form: FormState, name: string) => `f-${form.id ?? ''}${name}`

function takesFocus({ form, name, isFirst }: FieldProps, isWrong: boolean): boolean | undefined {
  if (form.issues.length === 0) return isFirst || undefined
  return (isWrong && form.issues[0]?.path === name) || undefined
}

export const Checkbox: FC<{ form: FormState; name: string; label: string; hint?: string }> = (
  p,
) => (
  <label class="check">
    <input type="checkbox" name={p.name} value="true" checked={p.form.values[p.name] === 'true'} />
    <span>
      {p.label}
      {p.hint !== undefined && <span class="hint">{p.hint}</span>}
    </span>
  </label>
)

export const Select: FC<{
  texts: Texts
  form: FormState
  name: string
  label: string
  options: readonly { value: string; label: string }[]
  hint?: string
}> = (p) => {
  const id = fieldId(p.form, p.name)
  return (
    <div class="field">
      <label for={id}>{p.label}</label>
      <select id={id} name={p.name}>
        {p.options.map((option) => (
          <option value={option.value} selected={p.form.values[p.name] === option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Errors id={`${id}-error`} errors={issueTexts(p.texts, p.form, p.name)} />
    </div>
  )
}

export const Hidden: FC<{ name: string; value: string }> = ({ name, value }) => (
  <input type="hidden" name={name} value={value} />
)

/**
 * Tells password managers whose password a form takes. Not shown, not read out and not posted: it has
 * no name. Source: Chromium's "Password form styles that Chromium understands".
 */
export const AccountName: FC<{ address: string | undefined }> = ({ address }) =>
  address === undefined ? null : (
    <input
      type="text"
      class="hidden"
      autocomplete="username"
      value={address}
      readonly
      tabindex={-1}
      aria-hidden="true"
    />
  )

/** A button that posts its form. `look` is the main one unless said otherwise. */
export const Submit: FC<
  PropsWithChildren<{ look?: 'danger' | 'quiet' | undefined; class?: string }>
> = (p) => (
  <button class={['button', p.look ?? 'primary', p.class].filter(Boolean).join(' ')}>
    {p.children}
  </button>
)

/** A form that is one button. */
export const ButtonForm: FC<
  PropsWithChildren<{
    action: string
    look?: 'danger' | 'quiet'
    confirm?: string
    label?: string
    fields?: Record<string, string>
  }>
> = (p) => (
  <form method="post" action={p.action} class="inline" data-confirm={p.confirm}>
    {Object.entries(p.fields ?? {}).map(([name, value]) => (
      <Hidden name={name} value={value} />
    ))}
    <button class={`button small ${p.look ?? 'quiet'}`} aria-label={p.label}>
      {p.children}
    </button>
  </form>
)
