/** Forms that post, with the reason above them when they were refused. Their fields are in fields.tsx. */
import type { FC, PropsWithChildren } from 'hono/jsx'
import { EMPTY_FORM, formMessage, type FormState } from '../runtime/form-state'
import { OwnFormProvider, usePage, useRefusedForm } from '../runtime/page-context'
import { Icon } from './icons'

type Look = 'danger' | 'quiet' | undefined

export interface FormProps {
  /** The page's own path when left out. */
  action?: string
  class?: string
  /** Begins the ids of the fields after `f-`, where another form has fields of the same names. */
  idPrefix?: string
  /** What is filled in as long as nothing was refused. */
  values?: Values
  /** The state, where it is not that of the refused form with this action. */
  state?: FormState
  /** The row of buttons below the fields: the label of the main one, and where the other one leads. */
  submit?: string
  look?: Look
  /** The button is as wide as the form, as in a card. */
  isWide?: boolean
  cancel?: { href: string; label?: string }
}

export const Form: FC<PropsWithChildren<FormProps>> = ({ action, children, ...more }) => {
  const { path, texts } = usePage()
  const refused = useRefusedForm()
  const isRefused = refused.postedTo === (action?.split('?')[0] ?? path)
  const state = more.state ?? (isRefused ? refused : filledForm(more.values))
  const form = { ...state, idPrefix: `f-${more.idPrefix ?? ''}` }
  return (
    // The server names what is wrong, in the page's language and for each field.
    <form method="post" action={action} class={more.class ?? 'form'} novalidate>
      <OwnFormProvider value={form}>
        <FormAlert form={form} />
        {children}
        {more.submit !== undefined && more.isWide && (
          <Submit look={more.look} class="wide">
            {more.submit}
          </Submit>
        )}
        {more.submit !== undefined && !more.isWide && (
          <div class="actions">
            <Submit look={more.look}>{more.submit}</Submit>
            {more.cancel && (
              <a class="button quiet" href={more.cancel.href}>
                {more.cancel.label ?? texts.layout.cancel}
              </a>
            )}
          </div>
        )}
      </OwnFormProvider>
    </form>
  )
}

type Values = Readonly<Record<string, string | boolean | null | undefined>>

const filledForm = (values: Values = {}): FormState => ({
  ...EMPTY_FORM,
  values: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(value ?? '')]),
  ),
})

/** A form that asks for another view of a list: it goes into the address, where anyone can read it. */
export const FilterForm: FC<
  PropsWithChildren<{ action: string; values: Values; class?: string; live?: string }>
> = ({ action, values, live, children, ...more }) => (
  <search>
    <form
      class={['filters', more.class, 'panel'].filter(Boolean).join(' ')}
      action={action}
      data-live={live}
    >
      <OwnFormProvider value={filledForm(values)}>{children}</OwnFormProvider>
      <button class="button quiet">{usePage().texts.admin.apply}</button>
    </form>
  </search>
)

/** Says why a form was refused: the page's refused form, unless given another. */
export const FormAlert: FC<{ form?: FormState }> = ({ form }) => {
  const refused = useRefusedForm()
  const message = formMessage(usePage().texts, form ?? refused)
  return message === undefined ? null : <Alert text={message} />
}

export const Alert: FC<{ text: string }> = ({ text }) => (
  <p class="alert" role="alert">
    <Icon name="alert" />
    <span>{text}</span>
  </p>
)

export const Hidden: FC<{ name: string; value: string }> = ({ name, value }) => (
  <input type="hidden" name={name} value={value} />
)

/** A button that posts its form; the primary one without `look`. */
export const Submit: FC<PropsWithChildren<{ look?: Look; class?: string; label?: string }>> = (
  p,
) => (
  <button
    aria-label={p.label}
    class={['button', p.look ?? 'primary', p.class].filter(Boolean).join(' ')}
  >
    {p.children}
  </button>
)

/** A form that is one button. */
export const ButtonForm: FC<
  PropsWithChildren<{
    action: string
    label?: string
    fields?: Readonly<Record<string, string>>
  }>
> = (p) => (
  <form method="post" action={p.action} class="inline">
    {Object.entries(p.fields ?? {}).map(([name, value]) => (
      <Hidden name={name} value={value} />
    ))}
    <button class="button quiet small" aria-label={p.label}>
      {p.children}
    </button>
  </form>
)
