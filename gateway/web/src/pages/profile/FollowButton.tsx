import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, userApi } from '../../api/client';
import { useRequireSignIn, useSession } from '../../session/useSession';
import { toast } from '../../ui/Toasts';
import { accountWords } from '../../words/account';

const words = accountWords.profile;

/** Follows somebody, or stops that. */
export function FollowButton({ userId }: { userId: string }) {
  const { user } = useSession();
  const requireSignIn = useRequireSignIn();
  const queries = useQueryClient();
  const key = ['follows', user?.id, userId];
  const follows = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await call(userApi.GET('/users/following/{userId}/check', { params: { path: { userId } }, signal }))).isFollowing,
    enabled: user !== null,
  });
  const change = useMutation({
    mutationFn: (isFollowing: boolean) => {
      const init = { params: { path: { userId } } };
      return call(isFollowing ? userApi.POST('/users/follow/{userId}', init) : userApi.DELETE('/users/follow/{userId}', init));
    },
    onMutate: (isFollowing) => queries.setQueryData(key, isFollowing),
    onError: (error, isFollowing) => {
      queries.setQueryData(key, !isFollowing);
      toast(error.message);
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['user', userId] });
    },
  });
  const isFollowing = follows.data === true;
  return (
    <button
      type="button"
      className={isFollowing ? 'button' : 'button primary'}
      aria-pressed={isFollowing}
      onClick={async () => {
        if ((await requireSignIn()) && !change.isPending) change.mutate(!isFollowing);
      }}
    >
      {isFollowing ? words.unfollow : words.follow}
    </button>
  );
}
