import { raw } from 'hono/html'
import type { FC, PropsWithChildren } from 'hono/jsx'
import { renderSVG } from 'uqr'
import { otpauthUri } from '../../factors/totp/totp'
import { CodeField } from '../components/fields'
import { Form, type FormProps, Hidden } from '../components/form'
import { Panel } from '../components/layout'
import { usePage, useRefusedForm } from '../runtime/page-context'

interface SetUpProps {
  secret: string
  issuer: string
  label: string
  action: string
}

/** The secret as a QR code and as text, and the field for the code that proves the app has it. */
export const SetUpSteps: FC<SetUpProps> = ({ secret, issuer, label, action }) => {
  const words = usePage().texts.account.twoFactor
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
        <Form action={action} submit={words.enable}>
          <Hidden name="secret" value={secret} />
          <CodeField label={words.codeLabel} class="code-input" />
        </Form>
      </Panel>
    </>
  )
}

interface CodesProps {
  codes: readonly string[]
  home: string
}

/** Recovery codes, shown this once: to copy, download (without a script too) or print. */
export const CodesShown: FC<CodesProps> = ({ codes, home }) => {
  const { texts, look } = usePage()
  const words = texts.account.twoFactor
  const file = `${look.PRODUCT_NAME}\n${words.codesTitle}\n\n${codes.join('\n')}\n`
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

interface FoldProps extends FormProps {
  title: string
  lead: string
}

/** A form that unfolds when it is wanted, and is open while it was refused. */
export const Fold: FC<PropsWithChildren<FoldProps>> = ({ title, lead, children, ...form }) => (
  <details class="panel fold" open={useRefusedForm().postedTo === form.action}>
    <summary>{title}</summary>
    <p class="lead">{lead}</p>
    <Form {...form}>{children}</Form>
  </details>
)
