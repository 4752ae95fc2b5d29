import type { FC, PropsWithChildren } from 'hono/jsx'
import { raw } from 'hono/html'
import { renderSVG } from 'uqr'
import type { Texts } from '../../texts/en'
import { otpauthUri } from '../../factors/totp/totp'
import { Field, Form, Hidden, Submit } from '../components/form'
import type { FormState } from '../runtime/form-state'
import { Panel } from '../components/layout'

interface SetUpProps {
  texts: Texts
  form: FormState
  secret: string
  issuer: string
  label: string
  action: string
}

/** The secret as a picture and as text, and the code that proves that it has arrived. */
export const SetUpSteps: FC<SetUpProps> = ({ texts, form, secret, issuer, label, action }) => {
  const words = texts.account.twoFactor
  const uri = otpauthUri(secret, issuer, label)
  return (
    <>
      <Panel title={words.scanTitle} lead={words.scan}>
        <div class="qr" role="img" aria-label={words.qr}>
          {raw(renderSVG(uri, { border: 2 }))}
        </div>
        <p>{words.orType}</p>
        <p class="secret" id="secret">
          {secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}
        </p>
        <p>
          <a href={uri}>{words.openApp}</a>
        </p>
      </Panel>
      <Panel title={words.confirmTitle} lead={words.confirm}>
        <Form texts={texts} form={form} action={action}>
          <Hidden name="secret" value={secret} />
          <Field
            texts={texts}
            form={form}
            name="code"
            label={words.codeLabel}
            inputmode="numeric"
            autocomplete="one-time-code"
            maxlength={20}
            class="code-input"
          />
          <p class="actions">
            <Submit>{words.enable}</Submit>
          </p>
        </Form>
      </Panel>
    </>
  )
}

interface CodesProps {
  texts: Texts
  codes: readonly string[]
  product: string
  home: string
}

/** Recovery codes, this once: to copy, download (without a script too) or print. */
export const CodesShown: FC<CodesProps> = ({ texts, codes, product, home }) => {
  const words = texts.account.twoFactor
  const file = `${product}\n${words.codesTitle}\n\n${codes.join('\n')}\n`
  return (
    <section class="panel">
      <ol class="codes" id="codes">
        {codes.map((code) => (
          <li>{code}</li>
        ))}
      </ol>
      <p class="actions">
        <button class="button quiet" type="button" data-copy="codes" data-copied={words.copied}>
          {words.copy}
        </button>
        <a
          class="button quiet"
          download="recovery-codes.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`}
        >
          {words.download}
        </a>
        <button class="button quiet" type="button" data-print>
          {words.print}
        </button>
        <a class="button primary" href={home}>
          {words.done}
        </a>
      </p>
    </section>
  )
}

/** A form that unfolds when it is wanted, and stands open while it was refused. */
export const Fold: FC<PropsWithChildren<{ title: string; lead: string; form: FormState }>> = (
  p,
) => (
  <details class="panel fold" open={p.form.error !== undefined}>
    <summary>{p.title}</summary>
    <p class="lead">{p.lead}</p>
    {p.children}
  </details>
)
