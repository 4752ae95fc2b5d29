import type { FC } from 'hono/jsx'
import type { Config } from '../../config'
import { type PasswordRules, passwordRules } from '../../credentials/password-policy'
import type { Texts } from '../../texts/en'
import { useForm, usePage } from '../runtime/page-context'
import { Field, fieldId } from './fields'

interface Props {
  config: Config
  name?: 'password' | 'new_password'
  label?: string
}

/** A field for a new password with the rules in force, which a script checks during typing. */
export const NewPassword: FC<Props> = ({ config, name = 'password', label }) => {
  const { texts } = usePage()
  const form = useForm()
  const rules = passwordRules(config)
  const { signedOut } = texts
  const id = fieldId(form, name)
  const all = ruleList(rules, texts)
  const isFailed = (rule: string) =>
    form.issues.some((issue) => issue.path === name && issue.code === rule)
  return (
    <div class="field">
      <Field
        name={name}
        label={label ?? signedOut.password}
        type="password"
        autocomplete="new-password"
        describedBy={`${id}-rules`}
        limits={{ password_too_long: rules.max_length }}
        isShownElsewhere={(code) => all.some(([rule]) => rule === code)}
      />
      <p class="hidden" id={`${id}-rules-title`}>
        {signedOut.rules.title}
      </p>
      <ul
        class="rules"
        id={`${id}-rules`}
        data-for={id}
        data-met={`: ${signedOut.rules.met}`}
        aria-labelledby={`${id}-rules-title`}
      >
        {all.map(([rule, text]) => (
          <li
            class={isFailed(rule) ? 'is-failed' : undefined}
            data-rule={rule}
            data-limit={rule === 'password_too_short' ? rules.min_length : undefined}
          >
            {text}
            <span class="hidden">{isFailed(rule) && `: ${signedOut.rules.failed}`}</span>
          </li>
        ))}
        <li>{signedOut.rules.unguessable}</li>
      </ul>
    </div>
  )
}

function ruleList(rules: PasswordRules, { signedOut }: Texts): [string, string][] {
  const words = signedOut.rules
  const all: [boolean, string, string][] = [
    [true, 'password_too_short', words.length(rules.min_length)],
    [rules.require_uppercase, 'password_no_uppercase', words.uppercase],
    [rules.require_lowercase, 'password_no_lowercase', words.lowercase],
    [rules.require_digit, 'password_no_digit', words.digit],
    [rules.require_special, 'password_no_special', words.special],
  ]
  return all.flatMap(([isAsked, rule, text]) => (isAsked ? [[rule, text]] : []))
}
