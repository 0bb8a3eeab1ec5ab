import { Alert, Button } from 'antd';
import { ProblemError } from '../api/problem.error.js';
import { language } from '../i18n/language.js';
import { useMessages } from '../i18n/messages.js';
import { componentMessages } from './components.messages.js';

interface ProblemAlertProps {
  problem: Error;
  /** What failed. */
  title?: string;
  onRetry?: () => void;
}

/** Codes with several reasons. Only the sentence of the service, which is in English, says which. */
const needDetail: ReadonlySet<string> = new Set(['forbidden', 'invalid_request', 'merge_refused']);

/** What went wrong, and what to do about it. */
export function ProblemAlert({ problem, title, onRetry }: ProblemAlertProps) {
  const texts = useMessages(componentMessages);
  const isEnglish = language.use() === 'en';
  const known =
    problem instanceof ProblemError ? problem : new ProblemError('unexpected', 0, problem.message);
  const { code, detail, requestId, fields } = known;
  const text = texts.problems[code] ?? detail;
  const hasMore = text !== detail && code !== 'network' && (isEnglish || needDetail.has(code));
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title ?? texts.unexpected}
      action={onRetry && <Button onClick={onRetry}>{texts.retry}</Button>}
      description={
        <>
          <div>{text}</div>
          {hasMore && <div lang="en">{detail}</div>}
          {fields.length > 0 && (
            <ul>
              {fields.map(({ field, message }) => (
                <li key={field} lang="en">
                  {message}
                </li>
              ))}
            </ul>
          )}
          <small className="secondary">
            {code}
            {requestId !== undefined && ` · ${texts.requestId} ${requestId}`}
          </small>
        </>
      }
    />
  );
}
