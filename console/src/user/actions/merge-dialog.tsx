import { useQuery } from '@tanstack/react-query';
import { Button, Input, Radio } from 'antd';
import { useId, useState } from 'react';
import { useLocation } from 'wouter';
import { answer, api } from '../../api/client.js';
import { ActionDialog } from '../../components/action-dialog.js';
import { LoadingState } from '../../components/loading-state.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { useOutcome } from '../../components/use-outcome.js';
import { queries } from '../../api/queries.js';
import { useMessages } from '../../i18n/messages.js';
import { StatusTag } from '../../users/status-tag.js';
import { UserName } from '../../users/user-name.js';
import { keepUser, readUser, type UserDetail } from '../use-user.js';
import type { ActionProps } from './action-props.js';
import { actionMessages } from './actions.messages.js';
import { Comparison } from './comparison.js';

/** Finds the other user, shows both side by side, and merges one into the other. */
export function MergeDialog({ user, name, onClose }: ActionProps) {
  const texts = useMessages(actionMessages);
  const [, navigate] = useLocation();
  const showOutcome = useOutcome();
  const [other, setOther] = useState<UserDetail>();
  const [primaryId, setPrimaryId] = useState<string>();
  const labelId = useId();
  const duplicate = primaryId === user.id ? other : user;
  const primary = primaryId === user.id ? user : other;

  async function merge(): Promise<void> {
    const merged = await answer(
      api.POST('/admin/users/{id}/merge', {
        params: { path: { id: duplicate!.id } },
        body: { into: primary!.id },
      }),
    );
    queries.removeQueries({ queryKey: ['user', duplicate!.id] });
    keepUser(merged);
    showOutcome(texts.merged(duplicate!.id, merged.id));
    navigate(`/users/${merged.id}`, { replace: true });
  }

  return (
    <ActionDialog
      title={texts.mergeTitle(name)}
      explanation={other ? undefined : texts.mergeExplanation}
      confirmText={texts.merge}
      isDangerous
      isIncomplete={!other || primaryId === undefined}
      width={760}
      onConfirm={merge}
      onClose={onClose}
    >
      {other ? (
        <>
          <Comparison user={user} other={other} primaryId={primaryId} />
          <div>
            <span id={labelId}>{texts.whoStays}</span>
            <Radio.Group
              aria-labelledby={labelId}
              className="merge-choice"
              value={primaryId}
              onChange={({ target }) => setPrimaryId(target.value as string)}
              options={[
                { value: user.id, label: texts.thisUser },
                { value: other.id, label: texts.otherUser },
              ]}
            />
          </div>
          {primaryId !== undefined && (
            <p role="status">
              {primaryId === user.id
                ? texts.mergeOutcome(texts.otherUser, texts.thisUser)
                : texts.mergeOutcome(texts.thisUser, texts.otherUser)}
            </p>
          )}
          <Button
            onClick={() => {
              setOther(undefined);
              setPrimaryId(undefined);
            }}
          >
            {texts.chooseAnother}
          </Button>
        </>
      ) : (
        <FindOther user={user} onFound={setOther} />
      )}
    </ActionDialog>
  );
}

const maxResults = 5;

function FindOther({ user, onFound }: { user: UserDetail; onFound: (other: UserDetail) => void }) {
  const texts = useMessages(actionMessages);
  const [text, setText] = useState(user.mergePendingWith ?? '');
  const [q, setQ] = useState(text);
  const { data, error, isFetching } = useQuery({
    queryKey: ['users', 'merge', q],
    queryFn: ({ signal }) =>
      answer(api.POST('/admin/users/search', { body: { q, limit: maxResults + 1 }, signal })),
    enabled: q !== '',
  });
  const [problem, setProblem] = useState<Error>();
  const others = data?.items.filter(({ id, status }) => id !== user.id && status !== 'merged');
  const choose = (id: string) => void readUser(id).then(onFound, setProblem);
  return (
    <>
      <Input.Search
        aria-label={texts.findOther}
        placeholder={texts.findOtherHint}
        enterButton={texts.find}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onSearch={(value, event) => {
          // Enter must not submit the dialog.
          event?.preventDefault();
          setQ(value.trim());
        }}
      />
      {isFetching && <LoadingState />}
      {(error ?? problem) && <ProblemAlert problem={(error ?? problem)!} />}
      {!isFetching && others?.length === 0 && <p role="status">{texts.noOther}</p>}
      {!isFetching && others && others.length > 0 && (
        <ul className="merge-results">
          {others.slice(0, maxResults).map((each) => (
            <li key={each.id}>
              <UserName user={each} />
              <StatusTag status={each.status} />
              <code>{each.id}</code>
              <Button onClick={() => choose(each.id)}>
                {texts.choose} <span className="visually-hidden">{each.nickname ?? each.id}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {!isFetching && others && others.length > maxResults && <p className="secondary">{texts.moreOthers}</p>}
    </>
  );
}
