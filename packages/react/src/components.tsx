/** Components for the usual places. */
import type { SignInOptions } from '@gatehouse/client/redirect'
import { type ComponentProps, type JSX, type ReactNode, useState } from 'react'
import { useGatehouse } from './provider.tsx'
import { storeOf } from './store.ts'

interface Children {
  readonly children?: ReactNode
}

/** Shows its children to a user who is signed in. Renders nothing on a server. */
export const SignedIn = ({ children }: Children): JSX.Element | null =>
  useGatehouse().status === 'signed_in' ? <>{children}</> : null

/** Shows its children when nobody is signed in. Renders nothing on a server, and until that is known. */
export const SignedOut = ({ children }: Children): JSX.Element | null =>
  useGatehouse().status === 'signed_out' ? <>{children}</> : null

type ButtonProps = Omit<ComponentProps<'button'>, 'onClick' | 'type'>

/** A button that sends the browser to the service, to sign in there. */
export function SignInButton({
  options,
  children = 'Sign in',
  ...props
}: ButtonProps & { readonly options?: SignInOptions }): JSX.Element {
  const { client } = useGatehouse()
  return (
    <ActionButton {...props} action={() => client.signInWithRedirect(options)}>
      {children}
    </ActionButton>
  )
}

/** A button that signs the user out, of this app and of the service. */
export function SignOutButton({ children = 'Sign out', ...props }: ButtonProps): JSX.Element {
  const { client } = useGatehouse()
  return (
    <ActionButton {...props} action={client.signOut}>
      {children}
    </ActionButton>
  )
}

/** A button that is disabled while the browser leaves the page. A failure is the `error` of useGatehouse. */
function ActionButton({
  action,
  disabled,
  ...props
}: ButtonProps & { readonly action: () => Promise<void> }): JSX.Element {
  const { client } = useGatehouse()
  const [isBusy, setBusy] = useState(false)
  const run = () => {
    setBusy(true)
    action()
      .catch(storeOf(client).fail)
      .finally(() => setBusy(false))
  }
  return <button {...props} type="button" disabled={disabled === true || isBusy} onClick={run} />
}
