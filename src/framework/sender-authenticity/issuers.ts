export const googleIssuer = 'https://accounts.google.com';
export const githubActionsIssuer = 'https://token.actions.githubusercontent.com';

/** The issuers that are believed where the operator lists none. */
export const defaultIssuers: readonly string[] = [googleIssuer, githubActionsIssuer];

const maxIssuers = 20;

/**
 * A list of issuers as an operator writes it: URLs with commas or blanks between them.
 * @throws Error that names the fault.
 */
export function parseIssuers(text: string): readonly string[] {
  const issuers = text.split(/[\s,]+/).filter((each) => each !== '');
  if (issuers.length === 0) throw new Error('no issuer is given');
  if (issuers.length > maxIssuers) throw new Error(`at most ${maxIssuers} issuers can be given`);
  // A password may be in it: it is not shown.
  const wrong = issuers.findIndex((issuer) => !isIssuer(issuer));
  if (wrong >= 0) throw new Error(`issuer number ${wrong + 1} is no https URL without query, such as ${googleIssuer}`);
  return [...new Set(issuers)];
}

/** https, or http to the own machine; no user, query or fragment (OpenID Connect Discovery 1.0, section 3). */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || isLoopbackHttp(text)) && username === '' && password === '';
}

export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname));
}

/** Where it gives tokens to anybody: the claims of which one has to say who the sender is. */
export const identifyingClaims: ReadonlyMap<string, readonly string[]> = new Map([
  [googleIssuer, ['email', 'sub']],
  [
    githubActionsIssuer,
    ['repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'sub', 'enterprise', 'enterprise_id'],
  ],
]);
