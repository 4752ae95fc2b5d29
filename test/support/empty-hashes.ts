/**
 * Hashes of the empty password in every supported format, created as in
 * test/crypto/foreign-spellings.test.ts.
 */
export const EMPTY_HASHES: Record<string, string> = {
  'bcrypt $2a$': '$2a$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq',
  'bcrypt $2b$': '$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq',
  'bcrypt $2y$': '$2y$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq',
  'bcrypt of Django': 'bcrypt$$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq',
  'bcrypt of Spring': '{bcrypt}$2a$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq',
  'bcrypt_sha256 of Django':
    'bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuAGUtA0XVhWMYe2lvlA94phs07MYN67C',
  'bcrypt_sha256 of passlib':
    '$bcrypt-sha256$v=2,t=2b,r=5$abcdefghijklmnopqrstuu$/9somFXasnR0UYnERdLWgQiPErveO0G',
  WordPress: '$wp$2y$05$abcdefghijklmnopqrstuuMB2tlIsiOamv3SyNEi.BH9T4kvDJp3G',
  argon2id:
    '$argon2id$v=19$m=1024,t=2,p=1$c2l4dGVlbiBieXRlIHNsdA$CSiUVL+TkK9VzX09IKp7P160UlNSy7om6J57bIeowg0',
  scrypt:
    '$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$aXxV+SdCr+1ofX/yO9ssZIXk0slZ7Pwg0vrrut6MuZw',
  'scrypt of better-auth':
    '00112233445566778899aabbccddeeff:497fd99302c442f6627fee539466649b1d40a6c71680cb681c10927ac69fddbfdfaab89fc61bc62faaa91b5099235a7e64362d00e1134a19ce7d03507e9178fa',
  Firebase:
    '$fbscrypt$v=1,n=10,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$Fz9Fnqvccc3uf7k4zTbyNQSiXdJW9vfIiOq9LrF09CH45FDhsmYWx0TE0+eoPBV0QBHulzaasxrXV1xpvNy5Jg==',
  PBKDF2:
    '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$xbMBsf1hvO1j8AZCojBOxnRRn7182DxLyD2v4XQ/mFU',
  'PBKDF2 of ASP.NET':
    'AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg/FswGx/WG87WPwBkKiME7GdFGfvXzYPEvIPa/hdD+YVQ==',
}
