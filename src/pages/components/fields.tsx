/**
 * The fields of forms: labels that belong to them, errors that are read with them, and what was typed
 * kept. The first refused field has the focus. Their form's state comes from the Form around them.
 */
import type { FC } from 'hono/jsx'
import { type FormState, issueTexts } from '../runtime/form-state'
import { useForm, usePage } from '../runtime/page-context'

export interface FieldProps {
  name: string
  label: string
  type?: 'text' | 'email' | 'password' | 'url' | 'search' | 'number' | 'date'
  hint?: string
  autocomplete?: string
  inputmode?: 'numeric' | 'email' | 'text' | 'url'
  isOptional?: boolean
  /** Shows what was typed again after a refusal: for hidden input that is not a password. */
  keepsValue?: boolean
  /** Takes the focus when nothing was refused. */
  isFirst?: boolean
  maxlength?: number
  placeholder?: string
  /** Makes it a text area of so many lines. */
  rows?: number
  limits?: Readonly<Record<string, number>>
  /** Codes of refusals that are shown beside the field in another way. */
  isShownElsewhere?: (code: string) => boolean
  /** Ids of what else describes the field. */
  describedBy?: string
  class?: string
}

export const Field: FC<FieldProps> = (props) => {
  const { texts } = usePage()
  const form = useForm()
  const { name, type = 'text' } = props
  const issues = form.issues.filter(({ code }) => !props.isShownElsewhere?.(code))
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
    autofocus: takesFocus(form, props, isWrong),
    maxlength: props.maxlength,
    placeholder: props.placeholder,
  }
  const value = form.values[name] ?? ''
  return (
    <div class={isWrong ? 'field is-wrong' : 'field'}>
      <label for={id}>
        {props.label}
        {props.isOptional && <span class="optional"> ({texts.layout.optional})</span>}
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
  const { type, shared, value } = props
  const { layout: words } = usePage().texts
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
      data-show={words.showPassword}
      data-hide={words.hidePassword}
      data-show-short={words.show}
      data-hide-short={words.hide}
    >
      {plain}
    </span>
  )
}

export const Errors: FC<{ id?: string; errors: readonly string[] }> = ({ id, errors }) =>
  errors.length === 0 ? null : (
    <ul class="errors" id={id}>
      {errors.map((error) => (
        <li>{error}</li>
      ))}
    </ul>
  )

export const fieldId = ({ idPrefix = '' }: FormState, name: string) => `${idPrefix}${name}`

function takesFocus(form: FormState, { name, isFirst }: FieldProps, isWrong: boolean) {
  if (form.issues.length === 0) return isFirst || undefined
  return (isWrong && form.issues[0]?.path === name) || undefined
}

type Variant = Partial<FieldProps>

/** An address, of the account unless told otherwise. */
export const EmailField: FC<Variant> = (props) => {
  const { signedOut: words } = usePage().texts
  return <Field name="email" label={words.email} type="email" autocomplete="username" {...props} />
}

/** An existing password. */
export const PasswordField: FC<Variant> = (props) => {
  const label = usePage().texts.account.currentPassword
  const autocomplete = 'current-password'
  return (
    <Field name="password" label={label} type="password" autocomplete={autocomplete} {...props} />
  )
}

/** The password of the user who is signed in, with the address for password managers. */
export const OwnPasswordField: FC<{ name?: 'password' | 'current_password' }> = (props) => (
  <>
    <AccountName address={usePage().visitor?.user.email} />
    <PasswordField {...props} />
  </>
)

/** A code of an authenticator app. */
export const CodeField: FC<Variant> = (props) => (
  <Field
    name="code"
    label={usePage().texts.account.code}
    inputmode="numeric"
    autocomplete="one-time-code"
    maxlength={20}
    {...props}
  />
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
